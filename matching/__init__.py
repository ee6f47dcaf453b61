"""Match people followed by a Département's employment units with employers' offers."""
