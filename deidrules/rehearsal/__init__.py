"""Rehearsals: the tests of recipes (rule 21 of the language), each with an object made of what it gives, run through the engine, judged."""
