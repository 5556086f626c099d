"""Lists of rectangles as people and other tools write them: on a command line, in CSV, in the database of dcmaudit."""
