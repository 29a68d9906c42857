"""Whether the system works, and if not, what is wrong, since when, and what to do: for people, machines and alarms."""
