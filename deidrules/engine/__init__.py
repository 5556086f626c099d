"""The engine: a frozen plan applied to the bytes of one object, or a refusal. Knows no language and no compiler."""
