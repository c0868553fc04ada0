// Tests of Arena.
