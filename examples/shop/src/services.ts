import { startProcess } from './processes.ts'

export interface Services {
  stop(): Promise<void>
}

/** All services in this process, over whatever transport the configuration names. */
export async function startInThisProcess(): Promise<Services> {
  const modules = await Promise.all([
    import('./shop/bus.ts'),
    import('./image/bus.ts'),
    import('./price-monitor/bus.ts'),
  ])
  await Promise.all(modules.map(({ bus }) => bus.start()))
  return { stop: async () => void (await Promise.all(modules.map(({ bus }) => bus.stop()))) }
}

/** Each service as a worker process; this process keeps the website, and the shop's bus to call with. */
export async function startAsProcesses(): Promise<Services> {
  const workers = (['shop', 'image', 'price-monitor'] as const).map(startProcess)
  const { bus } = await import('./shop/bus.ts')
  return {
    stop: async () => {
      await bus.stop()
      await Promise.all(workers.map((worker) => worker.stop()))
    },
  }
}
