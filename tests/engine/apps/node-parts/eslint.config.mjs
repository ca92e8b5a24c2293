export default [{ files: ["src/**/*.js"], languageOptions: { sourceType: "commonjs" } }];
