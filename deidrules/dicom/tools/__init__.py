"""Scripts that generate the data files of `deidrules.dicom`; never imported by the program."""
