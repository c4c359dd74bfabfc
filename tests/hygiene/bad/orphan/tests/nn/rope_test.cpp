// its subject is there
