"""The terminal app: pages, dialogs and widgets over the desk's verbs."""
