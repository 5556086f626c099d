"""Words to plan: load a profile, link its recipes, resolve names, settle precedence, lower."""
