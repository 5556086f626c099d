"""Places in text, and what is said about them: sources, spans, diagnostics, refusals."""
