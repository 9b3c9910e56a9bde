// SPDX-License-Identifier: GPL-2.0
/*
 * flows: many short conversations over a network, each of a port of its own.
 *
 *	flows serve PORT		says what it is told, over UDP and TCP
 *	flows udp ADDR PORT COUNT	COUNT conversations with who serves
 *	flows tcp ADDR PORT COUNT	the same, each a connection
 *	flows take PORT			writes what the next connection brings
 *	flows send ADDR PORT		what it reads, to who takes it
 *
 * What comes back is compared; one that never comes, or is another, is a failure. A
 * datagram that is lost is sent again. Built without libraries for the guest.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WINDOW	64
#define MOST	1200
#define TRIES	20
#define WAIT_MS	1000
#define DIALS	100
#define DIAL_MS	200
#define CLIENTS	256

static char data[MOST], got[MOST];

static void fail(const char *what)
{
	fprintf(stderr, "flows: %s: %s\n", what, strerror(errno));
	exit(1);
}

static size_t make(unsigned int i)
{
	size_t size = 16 + i * 37 % (MOST - 16), at;

	for (at = 0; at < size; at++)
		data[at] = (char)(i * 131 + at * 7);
	memcpy(data, &i, sizeof(i));
	return size;
}

static int same(unsigned int i, ssize_t n)
{
	size_t size = make(i);

	return n == (ssize_t)size && !memcmp(data, got, size);
}

static socklen_t address(struct sockaddr_storage *to, const char *addr,
			 const char *port)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)to;
	struct sockaddr_in *four = (struct sockaddr_in *)to;

	memset(to, 0, sizeof(*to));
	if (inet_pton(AF_INET6, addr, &six->sin6_addr) == 1) {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons(atoi(port));
		return sizeof(*six);
	}
	if (inet_pton(AF_INET, addr, &four->sin_addr) != 1)
		fail(addr);
	four->sin_family = AF_INET;
	four->sin_port = htons(atoi(port));
	return sizeof(*four);
}

/* Both kinds of address: IPv4 comes as a mapped one. */
static int listener(int type, const char *port)
{
	struct sockaddr_storage at;
	socklen_t len = address(&at, "::", port);
	int fd = socket(AF_INET6, type, 0), on = 1;

	if (fd < 0)
		fail("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&at, len))
		fail("bind");
	if (type == SOCK_STREAM && listen(fd, CLIENTS))
		fail("listen");
	return fd;
}

static void answer_datagram(int fd)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	ssize_t n = recvfrom(fd, got, sizeof(got), 0, (struct sockaddr *)&from,
			     &len);

	if (n > 0)
		sendto(fd, got, n, 0, (struct sockaddr *)&from, len);
}

static int answer_stream(int fd)
{
	ssize_t n = read(fd, got, sizeof(got));

	return n > 0 && write(fd, got, n) == n;
}

static void serve(const char *port)
{
	struct pollfd fds[2 + CLIENTS];
	int n = 2, i;

	fds[0].fd = listener(SOCK_DGRAM, port);
	fds[1].fd = listener(SOCK_STREAM, port);
	fds[0].events = POLLIN;
	fds[1].events = POLLIN;
	while (poll(fds, n, -1) > 0) {
		if (fds[0].revents)
			answer_datagram(fds[0].fd);
		for (i = 2; i < n; i++) {
			if (!fds[i].revents || answer_stream(fds[i].fd))
				continue;
			close(fds[i].fd);
			fds[i--] = fds[--n];
		}
		if (fds[1].revents && n < 2 + CLIENTS) {
			fds[n].fd = accept(fds[1].fd, NULL, NULL);
			fds[n].events = POLLIN;
			fds[n].revents = 0;
			if (fds[n].fd >= 0)
				n++;
		}
	}
}

/* All that comes from one to the other, up to the end. */
static int copy(int from, int to)
{
	ssize_t n;

	while ((n = read(from, got, sizeof(got))) > 0)
		if (write(to, got, n) != n)
			return 1;
	return n != 0;
}

/* Who serves may have been started just now. */
static int dial(int type, const struct sockaddr_storage *to, socklen_t len)
{
	unsigned int tries;
	int fd;

	for (tries = 0; tries < DIALS; tries++) {
		fd = socket(to->ss_family, type, 0);
		if (fd < 0)
			fail("socket");
		if (!connect(fd, (const struct sockaddr *)to, len))
			return fd;
		if (errno != ECONNREFUSED)
			break;
		close(fd);
		poll(NULL, 0, DIAL_MS);
	}
	fail("connect");
	return -1;
}

/* A window of conversations at a time; who has no answer asks again. */
static unsigned int talk_udp(const struct sockaddr_storage *to, socklen_t len,
			     unsigned int first, unsigned int n)
{
	unsigned int i, tries, left = n;
	struct pollfd fds[WINDOW];

	for (i = 0; i < n; i++) {
		fds[i].fd = dial(SOCK_DGRAM, to, len);
		fds[i].events = POLLIN;
		send(fds[i].fd, data, make(first + i), 0);
	}
	for (tries = 0; left && tries < TRIES * n; tries++) {
		if (poll(fds, n, WAIT_MS) > 0) {
			for (i = 0; i < n; i++) {
				if (fds[i].fd < 0 || !fds[i].revents)
					continue;
				if (!same(first + i, recv(fds[i].fd, got, sizeof(got), 0)))
					continue;
				close(fds[i].fd);
				fds[i].fd = -1;
				left--;
			}
			continue;
		}
		for (i = 0; i < n; i++)
			if (fds[i].fd >= 0)
				send(fds[i].fd, data, make(first + i), 0);
	}
	for (i = 0; i < n; i++)
		if (fds[i].fd >= 0)
			close(fds[i].fd);
	return left;
}

static unsigned int talk_tcp(const struct sockaddr_storage *to, socklen_t len,
			     unsigned int i)
{
	int fd = dial(SOCK_STREAM, to, len);
	size_t size = make(i), at = 0;
	ssize_t n;

	if (write(fd, data, size) != (ssize_t)size)
		fail("write");
	while (at < size) {
		n = read(fd, got + at, sizeof(got) - at);
		if (n <= 0)
			break;
		at += n;
	}
	close(fd);
	return !same(i, at);
}

static int one_way(int argc, char **argv)
{
	struct sockaddr_storage to;
	socklen_t len;
	int fd;

	if (argc == 3) {
		fd = accept(listener(SOCK_STREAM, argv[2]), NULL, NULL);
		return fd < 0 || copy(fd, STDOUT_FILENO);
	}
	len = address(&to, argv[2], argv[3]);
	return copy(STDIN_FILENO, dial(SOCK_STREAM, &to, len));
}

int main(int argc, char **argv)
{
	unsigned int count, i, bad = 0;
	struct sockaddr_storage to;
	socklen_t len;

	if (argc == 3 && !strcmp(argv[1], "serve")) {
		serve(argv[2]);
		return 1;
	}
	if ((argc == 3 && !strcmp(argv[1], "take")) ||
	    (argc == 4 && !strcmp(argv[1], "send")))
		return one_way(argc, argv);
	if (argc != 5) {
		fprintf(stderr,
			"usage: flows serve|take PORT | send ADDR PORT | udp|tcp ADDR PORT COUNT\n");
		return 2;
	}
	len = address(&to, argv[2], argv[3]);
	count = atoi(argv[4]);
	if (!strcmp(argv[1], "udp"))
		for (i = 0; i < count; i += WINDOW)
			bad += talk_udp(&to, len, i,
					count - i < WINDOW ? count - i : WINDOW);
	else
		for (i = 0; i < count; i++)
			bad += talk_tcp(&to, len, i);
	if (bad)
		fprintf(stderr, "flows: %u of %u had no right answer\n", bad,
			count);
	return !!bad;
}
