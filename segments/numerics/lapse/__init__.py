"""Who will not buy again within a horizon: windows of the past, a rule of thumb, a calibrated model."""
