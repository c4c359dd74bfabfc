// so is that of a part
