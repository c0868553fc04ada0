// Tests of ServerCore.
