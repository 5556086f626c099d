"""Files in, files out: sources, names, sink, journal, workers. Knows the plan and the engine, never the language."""
