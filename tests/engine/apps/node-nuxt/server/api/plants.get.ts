export default defineEventHandler(() => ["rosemary", "thyme"]);
