"""What `compute` can compute: functions of figures, periods and names, none of which guesses."""
