// Tests of HyoshiServer.
