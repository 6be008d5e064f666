import { readFileSync } from "node:fs";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env.MICRARIUM_URL ?? "http://localhost:4080";

/** The API's readable documents at /api/v1/docs: Swagger UI's own files beside ours, so that nothing comes from elsewhere. */
const apiDocs = {
  name: "api-docs",
  generateBundle(this: { emitFile: (file: { type: "asset"; fileName: string; source: Uint8Array }) => void }) {
    for (const name of ["swagger-ui-bundle.js", "swagger-ui.css"]) {
      const source = readFileSync(`node_modules/swagger-ui-dist/${name}`);
      this.emitFile({ type: "asset", fileName: `app/docs/${name}`, source });
    }
  },
};

export default defineConfig({
  plugins: [react(), apiDocs],
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
