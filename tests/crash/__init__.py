"""Kills a server that keeps its run while it is asked, and looks from outside at what it knows afterwards."""
