// this one has none
