package io.bosauth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compiles and runs the examples of the documentation. */
class JavadocTest {
    private static final Path SOURCES = Path.of("../bosauth-api/src/main/java/io/bosauth");
    private static final Pattern BLOCK = Pattern.compile("<pre>\\{@code\n(.*?)\n *\\* \\}</pre>", Pattern.DOTALL);
    private static final String HEADER =
            "import io.bosauth.*; import java.nio.charset.StandardCharsets; import java.time.Duration;"
                    + "import java.util.concurrent.*;";

    @TempDir Path output;

    /** A class with an example in its method. */
    private static final class Source extends SimpleJavaFileObject {
        final String name;
        private final String text;

        Source(String name, String example) {
            super(URI.create("string:///" + name + ".java"), Kind.SOURCE);
            this.name = name;
            // An example may define `users` itself.
            String collection = "static AuthCollection users;";
            String parameters = "Client client, String url";
            String method = "public static void run(" + parameters + ") throws Exception {\n"
                    + "users = client.collection(\"users\");\n{\n" + example + "\n}\n}";
            text = HEADER + "public class " + name + " {" + collection + method + "}";
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }

        boolean needsAnInput() {
            return text.contains("System.console()");
        }
    }

    private static List<Source> examples() throws IOException {
        List<Path> files;
        try (Stream<Path> listed = Files.list(SOURCES)) {
            files = listed.sorted().collect(java.util.stream.Collectors.toList());
        }
        List<Source> examples = new ArrayList<>();
        for (Path file : files) {
            String text = Files.readString(file);
            Matcher blocks = BLOCK.matcher(text);
            int count = 0;
            while (blocks.find()) {
                String example = blocks.group(1).replaceAll("(?m)^ *\\* ?", "");
                String name = file.getFileName().toString().replace(".java", "") + "Example" + count++;
                examples.add(new Source(name, example));
            }
            boolean isPublic = text.contains("\npublic ");
            assertTrue(!isPublic || count > 0, file + " has no example");
        }
        return examples;
    }

    private void compile(List<Source> sources) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter errors = new StringWriter();
        List<String> options = List.of("-d", output.toString(), "-cp", System.getProperty("java.class.path"));
        List<JavaFileObject> files = new ArrayList<>(sources);
        boolean isCompiled = compiler.getTask(errors, null, null, options, null, files).call();
        assertTrue(isCompiled, errors.toString());
    }

    @Test
    void examplesRun() throws Exception {
        List<Source> examples = examples();
        assertTrue(examples.size() > 35, examples.size() + " examples");
        compile(examples);
        PrintStream out = System.out;
        // What they print is not compared.
        System.setOut(new PrintStream(java.io.OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
        URL[] urls = {output.toUri().toURL()};
        try (URLClassLoader loader = new URLClassLoader(urls, getClass().getClassLoader())) {
            for (Source example : examples) {
                if (!example.needsAnInput()) {
                    run(loader.loadClass(example.name));
                }
            }
        } finally {
            System.setOut(out);
        }
    }

    private static void run(Class<?> example) throws Exception {
        try (Client client = Server.client()) {
            client.collection("users").bindToken(Server.EMAIL, Server.PASSWORD, "my-own-token");
            example.getMethod("run", Client.class, String.class).invoke(null, client, Server.url());
        } catch (InvocationTargetException e) {
            throw new AssertionError(example.getName(), e.getCause());
        }
    }

    @Test
    void versionsAgree() throws IOException {
        String header = Server.variable("BOSAUTH_TEST_HEADER");
        assertTrue(Files.readString(Path.of(header)).contains("#define BOSAUTH_VERSION \"" + Loader.VERSION + "\""));
        assertEquals(Loader.VERSION, new String(Native.version(), StandardCharsets.UTF_8));
    }
}
