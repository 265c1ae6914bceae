"""`@flatten @first @singleton @slice`: answers in another shape than the schema's, made after execution."""
