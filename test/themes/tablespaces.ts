import type { Theme } from "./theme.ts";

/** The server's, so made once; within the data directory. */
const TABLESPACE = "theme_elsewhere";

export const tablespaces: Theme = {
  id: "tablespaces",
  make: async ({ name, query }) => {
    await query("SET allow_in_place_tablespaces = on");
    await query(`CREATE TABLESPACE ${TABLESPACE} LOCATION ''`);
    await query(`
      CREATE TABLE public.there (id int PRIMARY KEY USING INDEX TABLESPACE ${TABLESPACE}, v text) TABLESPACE ${TABLESPACE};
      INSERT INTO public.there SELECT n, 'v' FROM generate_series(1, 50) n;
      CREATE INDEX there_v ON public.there (v) TABLESPACE ${TABLESPACE}; CREATE INDEX here_v ON public.there (v);
      CREATE TABLE public.parts (id int) PARTITION BY LIST (id) TABLESPACE ${TABLESPACE}; CREATE TABLE public.part_1 PARTITION OF public.parts FOR VALUES IN (1) TABLESPACE pg_default; CREATE INDEX ON public.parts (id) TABLESPACE ${TABLESPACE};
      CREATE MATERIALIZED VIEW public.mat TABLESPACE ${TABLESPACE} AS SELECT * FROM public.there; CREATE TABLE public.here (id int)`);
    await query(`ALTER DATABASE "${name}" SET default_tablespace = '${TABLESPACE}'`);
  },
  // Mapped to the target's own.
  warnings: [/tablespace theme_elsewhere:? the database's default one takes its place, for table public\.there/],
  judging: { dumpArgs: ["--no-tablespaces"] },
};
