document.title = "ferries";
