"""What jobs make and clients upload: result files, uploads, packed clips."""
