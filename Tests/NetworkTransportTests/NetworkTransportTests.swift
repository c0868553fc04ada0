// Tests of NetworkTransport.
