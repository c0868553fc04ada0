// Tests of Hyoshi.
