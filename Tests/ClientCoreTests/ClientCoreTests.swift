// Tests of ClientCore.
