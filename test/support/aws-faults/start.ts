/** The proxy and its control, for a stack about to be started. */
import { type FaultControl, startFaultControl } from "./control.ts";
import { type FaultProxy, type FaultProxyOptions, startFaultProxy } from "./proxy.ts";

export function startFaults() {
  let proxy: FaultProxy | undefined;
  let control: FaultControl | undefined;
  return {
    async open(options: FaultProxyOptions): Promise<string> {
      proxy = await startFaultProxy(options);
      control = await startFaultControl(proxy.rules);
      return proxy.url;
    },
    control: () => control?.url ?? "",
    async close(): Promise<void> {
      await Promise.all([proxy?.close(), control?.close()]);
    },
  };
}
