"""The plan: the one thing that crosses from words to bytes. Pure data, no language and no engine."""
