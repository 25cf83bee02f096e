"""JSONata expressions (https://jsonata.org): parsed once, evaluated within bounds, reaching nothing but their values."""
