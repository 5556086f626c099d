"""De-identify DICOM by rules: recipes compile to a plan, the plan is applied or the instance is refused."""

__version__ = "0.1.0"
