// Tests of Replication.
