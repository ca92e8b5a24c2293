import { z } from "zod";

// checked when it is loaded: the process ends where something is missing
export const env = z
  .object({
    DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
    PORT: z.coerce.number().default(3000),
    SESSION_SECRET: z.string().min(32),
  })
  .parse(process.env);
