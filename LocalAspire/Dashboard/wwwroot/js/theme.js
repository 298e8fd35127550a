// Before the first paint, so that nobody who works at night is blinded. A choice of the person's beats the system's.
document.documentElement.dataset.theme = localStorage.getItem("theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
