var protectedScript = 1;
