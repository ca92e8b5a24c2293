import router from "@adonisjs/core/services/router";

router.get("/", () => ["a guest from before"]);
router.get("/health", () => ({ ok: true }));
