/** What a manifest says has made it; bundled with the function. @module */
import tool from "../../package.json" with { type: "json" };

export const VERSION: string = tool.version;
