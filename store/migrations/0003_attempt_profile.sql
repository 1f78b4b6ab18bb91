-- An order is for a profile, so an attempt that asks for another is another attempt.
ALTER TABLE attempts ADD COLUMN profile TEXT NOT NULL DEFAULT '';
