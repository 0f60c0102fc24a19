/* The cache alone, filled again and again: what does the slowest update cost,
   and what does the process take of the machine's memory?

   cache-load USERS MEGABYTES NAMES ANSWERS
   NAMES: "short", "long" or "mixed"; ANSWERS: "shared", "distinct", or "mixed":
   distinct and of changing lengths.

   The same is done several times, by a process each. What costs time by itself
   does so each time; what the machine did meanwhile, doesn't.

   Prints one line: users kept, bytes for each by our own account, what the
   process has grown by in parts of the size that was allowed, and in
   microseconds of CPU: the slowest update of all, and the slowest if of each
   the best time counts. */

#include "lib.h"
#include "cache.h"
#include "keyhash.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 3
#define PROCESSES 5

struct load {
	struct referral_cache *cache;
	struct referral_cache_settings set;
	unsigned int users;
	const char *names, *answers;

	/* shared by all processes: of each update the best, and the worst of
	   all */
	float *best_usecs, *worst_usecs;
};

static float load_get_usecs(const struct timespec *start)
{
	struct timespec end;

	if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end) < 0)
		i_fatal("clock_gettime() failed: %m");
	return (end.tv_sec - start->tv_sec) * 1e6 +
		(end.tv_nsec - start->tv_nsec) / 1e3;
}

static size_t load_get_rss(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	size_t size, rss, shared;

	if (file == NULL ||
	    fscanf(file, "%zu %zu %zu", &size, &rss, &shared) != 3)
		i_fatal("can't read /proc/self/statm");
	fclose(file);
	/* without what is measured with */
	return (rss - shared) * getpagesize();
}

/* 8 to 80 characters */
static const char *
load_get_name(const struct load *load, unsigned int number)
{
	unsigned int length = 8;

	if (strcmp(load->names, "long") == 0)
		length = 60;
	else if (strcmp(load->names, "mixed") == 0)
		length = 8 + number * 7919 % 73;
	return t_strdup_printf("%0*u", (int)length, number);
}

static const char *
load_get_host(const struct load *load, unsigned int number)
{
	unsigned int length = 4;

	if (strcmp(load->answers, "shared") == 0)
		number %= 20;
	else if (strcmp(load->answers, "mixed") == 0)
		length = 4 + number * 104729 % 97;
	return t_strdup_printf("imap%0*u.example.com", (int)length, number);
}

static void load_measure(struct load *load, unsigned int number,
			 const struct referral_key *key,
			 struct referral_lookup_result *result)
{
	float *best = &load->best_usecs[number], usecs;
	struct timespec start;

	if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start) < 0)
		i_fatal("clock_gettime() failed: %m");
	referral_cache_update(load->cache, key, 1000, result);
	usecs = load_get_usecs(&start);
	if (*best == 0 || usecs < *best)
		*best = usecs;
	if (usecs > *load->worst_usecs)
		*load->worst_usecs = usecs;
}

static void load_run(struct load *load)
{
	unsigned int i, round;

	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < load->users; i++) T_BEGIN {
			/* other users each time, so that the first ones go */
			unsigned int number = round * load->users + i;
			struct referral_key key = referral_key(
				load_get_name(load, number));
			const char *hosts[] = {
				load_get_host(load, number), NULL
			};
			struct referral_lookup_result result = {
				.status = REFERRAL_LOOKUP_HOSTS,
				.mailhosts = hosts,
			};

			load_measure(load, number, &key, &result);
		} T_END;
	}
}

static void load_process(struct load *load, bool last)
{
	const struct referral_cache_stats *stats;
	float slowest = 0;
	unsigned int i;
	size_t before;

	before = load_get_rss();
	load->cache = referral_cache_create(&load->set);
	load_run(load);
	if (!last)
		return;
	stats = referral_cache_get_stats(load->cache);
	printf("%u %zu %.3f", stats->entries, stats->bytes / stats->entries,
	       (double)(load_get_rss() - before) / load->set.max_bytes);
	for (i = 0; i < load->users * ROUNDS; i++)
		slowest = I_MAX(slowest, load->best_usecs[i]);
	printf(" %.0f %.0f\n", *load->worst_usecs, slowest);
	fflush(stdout);
}

static void load_processes(struct load *load)
{
	unsigned int i;
	int status;
	pid_t pid;

	for (i = 1; i <= PROCESSES; i++) {
		pid = fork();
		if (pid == -1)
			i_fatal("fork() failed: %m");
		if (pid == 0) {
			load_process(load, i == PROCESSES);
			_exit(0);
		}
		if (waitpid(pid, &status, 0) != pid || status != 0)
			i_fatal("a process failed");
	}
}

/* Present from the start, so that no update waits for its page. */
static float *load_alloc_shared(size_t count)
{
	float *memory = mmap(NULL, count * sizeof(*memory),
			     PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		i_fatal("mmap() failed: %m");
	return memory;
}

int main(int argc, char *argv[])
{
	struct load load = {
		.set = {
			.ttl_secs = 3600,
			.negative_ttl_secs = 60,
			.stale_ttl_secs = 3600,
		},
	};
	unsigned int megabytes;

	lib_init();
	if (argc != 5 || str_to_uint(argv[1], &load.users) < 0 ||
	    str_to_uint(argv[2], &megabytes) < 0)
		i_fatal("usage: cache-load USERS MEGABYTES NAMES ANSWERS");
	load.names = argv[3];
	load.answers = argv[4];
	load.set.max_bytes = (size_t)megabytes * 1024 * 1024;
	load.best_usecs = load_alloc_shared(load.users * ROUNDS);
	load.worst_usecs = load_alloc_shared(1);
	load_processes(&load);
	lib_deinit();
	return 0;
}
