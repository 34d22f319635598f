# The manifest names main.tf alone.
