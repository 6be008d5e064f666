import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env.MICRARIUM_URL ?? "http://localhost:4080";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../src/micrarium/web",
    emptyOutDir: true,
    // OMERO's clients own /assets and /static, so the bundle lives under /app.
    assetsDir: "app",
    target: "es2022",
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { "/api": server, "/zarr": server } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
