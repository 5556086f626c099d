"""Text in pictures: the signatures of equipment, surveys of them, and the engines that find text."""
