// What index.js adds to the engine.
declare var console: Record<"debug" | "log" | "info" | "warn" | "error", (...parts: any[]) => void>;
