"""When something fires: rules as plain data, without a clock of their own."""
