"""The command line: options, messages, exit codes. No logic of its own."""
