"""The requests and responses of a client over the life of a job, from `conversation.yaml`."""
