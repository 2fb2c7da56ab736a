"""From labelled rows to a version that may go live: plan, training beside the service, comparison, gate."""
