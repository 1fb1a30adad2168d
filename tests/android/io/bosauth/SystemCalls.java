package io.bosauth;

import com.github.unidbg.Emulator;
import com.github.unidbg.arm.context.RegisterContext;
import com.github.unidbg.file.linux.AndroidFileIO;
import com.github.unidbg.file.linux.BaseAndroidFileIO;
import com.github.unidbg.file.linux.IOConstants;
import com.github.unidbg.linux.ARM64SyscallHandler;
import com.github.unidbg.linux.file.EventFD;
import com.github.unidbg.memory.SvcMemory;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import unicorn.Arm64Const;

/**
 * The system calls of the emulator, with non-blocking TCP sockets, eventfd2 and ppoll, and without getrandom, which the
 * kernels of Android 6 lack.
 */
final class SystemCalls extends ARM64SyscallHandler {
    private static final int EVENTFD2 = 19;
    private static final int PPOLL = 73;
    private static final int SOCKET = 198;
    private static final int CONNECT = 203;
    private static final int SENDTO = 206;
    private static final int RECVFROM = 207;
    private static final int SETSOCKOPT = 208;
    private static final int GETSOCKOPT = 209;
    private static final int SHUTDOWN = 210;
    private static final int GETRANDOM = 278;

    private static final int EAGAIN = 11;
    private static final int EINVAL = 22;
    private static final int ENOSYS = 38;
    private static final int ECONNRESET = 104;
    private static final int ECONNREFUSED = 111;
    private static final int EINPROGRESS = 115;

    private static final int AF_INET = 2;
    private static final int SOCK_STREAM = 1;
    private static final int SOCK_TYPE = 0xf;
    private static final int SOL_SOCKET = 1;
    private static final int SO_ERROR = 4;
    private static final int MSG_PEEK = 2;
    private static final int POLLIN = 1;
    private static final int POLLOUT = 4;

    SystemCalls(SvcMemory memory) {
        super(memory);
    }

    @Override
    protected boolean handleSyscall(Emulator<?> emulator, int number) {
        Integer result;
        try {
            result = call(number, emulator.getContext());
        } catch (ConnectException e) {
            result = -ECONNREFUSED;
        } catch (IOException e) {
            result = -ECONNRESET;
        }
        if (result != null) {
            emulator.getBackend().reg_write(Arm64Const.UC_ARM64_REG_X0, (long) result);
        }
        return result != null;
    }

    /** Returns the result of a call, or null for a call of the emulator. */
    private Integer call(int number, RegisterContext call) throws IOException {
        switch (number) {
            case EVENTFD2:
                return addFileIO(new EventFD(call.getIntArg(0), false, true));
            case PPOLL:
                return poll(call.getPointerArg(0), call.getIntArg(1), call.getPointerArg(2));
            case SOCKET:
                return socket(call.getIntArg(0), call.getIntArg(1) & SOCK_TYPE);
            case CONNECT:
                return connection(call).connect(call.getPointerArg(1));
            case SENDTO:
                return connection(call).send(call.getPointerArg(1), call.getIntArg(2));
            case RECVFROM:
                boolean isPeek = (call.getIntArg(3) & MSG_PEEK) != 0;
                return connection(call).receive(call.getPointerArg(1), call.getIntArg(2), isPeek);
            case SETSOCKOPT:
                return 0;
            case GETSOCKOPT:
                return connection(call).option(call.getIntArg(1), call.getIntArg(2), call.getPointerArg(3));
            case SHUTDOWN:
                connection(call).channel.close();
                return 0;
            case GETRANDOM:
                return -ENOSYS;
            default:
                return null;
        }
    }

    private int socket(int domain, int type) throws IOException {
        return domain == AF_INET && type == SOCK_STREAM ? addFileIO(new Connection()) : -EINVAL;
    }

    private Connection connection(RegisterContext call) {
        return (Connection) fdMap.get(call.getIntArg(0));
    }

    /** Without a time limit if {@code limit} is NULL. */
    private int poll(Pointer entries, int count, Pointer limit) throws IOException {
        try (Selector selector = Selector.open()) {
            int ready = 0;
            for (int at = 0; at < count; at++) {
                Pointer entry = entries.share(8L * at);
                AndroidFileIO file = fdMap.get(entry.getInt(0));
                int events = entry.getShort(4);
                // A file is ready. An eventfd is not readable: nothing else runs during the call.
                int returned = file instanceof Connection || file instanceof EventFD ? 0 : events;
                entry.setShort(6, (short) returned);
                ready += returned == 0 ? 0 : 1;
                if (file instanceof Connection) {
                    ((Connection) file).register(selector, events, entry);
                }
            }
            select(selector, ready > 0 ? 0 : milliseconds(limit));
            for (SelectionKey key : selector.selectedKeys()) {
                ((Pointer) key.attachment()).setShort(6, (short) events(key));
            }
            return ready + selector.selectedKeys().size();
        }
    }

    private static long milliseconds(Pointer limit) {
        return limit == null ? Long.MAX_VALUE : limit.getLong(0) * 1000 + limit.getLong(8) / 1_000_000;
    }

    private static void select(Selector selector, long milliseconds) throws IOException {
        if (milliseconds == 0) {
            selector.selectNow();
        } else {
            selector.select(milliseconds);
        }
    }

    private static int events(SelectionKey key) {
        int events = key.isReadable() ? POLLIN : 0;
        return key.isWritable() || key.isConnectable() ? events | POLLOUT : events;
    }

    /** A TCP connection. */
    private static final class Connection extends BaseAndroidFileIO {
        final SocketChannel channel = SocketChannel.open();
        private ByteBuffer peeked = ByteBuffer.allocate(0);

        Connection() throws IOException {
            super(IOConstants.O_RDWR | IOConstants.O_NONBLOCK);
            channel.configureBlocking(false);
        }

        int connect(Pointer address) throws IOException {
            int port = Short.toUnsignedInt(Short.reverseBytes(address.getShort(2)));
            InetAddress host = InetAddress.getByAddress(address.getByteArray(4, 4));
            return channel.connect(new InetSocketAddress(host, port)) ? 0 : -EINPROGRESS;
        }

        void register(Selector selector, int events, Pointer entry) throws IOException {
            int operations = (events & POLLIN) != 0 ? SelectionKey.OP_READ : 0;
            if ((events & POLLOUT) != 0) {
                operations |= channel.isConnectionPending() ? SelectionKey.OP_CONNECT : SelectionKey.OP_WRITE;
            }
            channel.register(selector, operations, entry);
        }

        int option(int level, int name, Pointer value) {
            if (level != SOL_SOCKET || name != SO_ERROR) {
                return -EINVAL;
            }
            value.setInt(0, 0);
            try {
                channel.finishConnect();
            } catch (IOException e) {
                value.setInt(0, ECONNREFUSED);
            }
            return 0;
        }

        int send(Pointer bytes, int length) throws IOException {
            int count = channel.write(ByteBuffer.wrap(bytes.getByteArray(0, length)));
            return count == 0 ? -EAGAIN : count;
        }

        int receive(Pointer bytes, int length, boolean isPeek) throws IOException {
            if (!peeked.hasRemaining()) {
                ByteBuffer received = ByteBuffer.allocate(length);
                int count = channel.read(received);
                if (count <= 0) {
                    return count == 0 ? -EAGAIN : 0;
                }
                received.flip();
                peeked = received;
            }
            byte[] copy = new byte[Math.min(length, peeked.remaining())];
            (isPeek ? peeked.duplicate() : peeked).get(copy);
            bytes.write(0, copy, 0, copy.length);
            return copy.length;
        }

        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
