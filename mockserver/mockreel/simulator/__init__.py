"""A provider as it is simulated: the pipeline of a request, its context, events, snapshots."""
