package io.holdfast.agent;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Folders are floors, and arrows go down only; root packages are pure. */
final class ArchitectureTest {
    /** Each module's package, and the packages of the modules that it may see. */
    private static final Map<String, List<String>> FLOORS = Map.of( //
            "config", List.of(), //
            "metrics", List.of(), //
            "statesync", List.of("config", "metrics"), //
            "replication", List.of("config", "metrics", "statesync"), //
            "backup", List.of("config", "metrics", "statesync"), //
            "sessions", List.of("config", "metrics", "statesync"), //
            "agent", List.of("config", "metrics", "statesync", "replication", "backup", "sessions"));

    /** What a root package may know of the JDK; of the rest, what only names things, the streams that a port hands on, and digests. */
    private static final List<String> JDK = List.of("java.lang..", "java.util..", "java.time..", "java.math..",
            "java.text..", "java.nio.charset..", "org.jspecify..");
    private static final Set<String> JDK_NAMES = Set.of("java.nio.file.Path", "java.nio.file.InvalidPathException",
            "java.io.IOException", "java.io.UncheckedIOException", "java.io.Serializable", "java.io.InputStream",
            "java.io.OutputStream", "java.nio.ByteOrder", "java.security.MessageDigest",
            "java.security.NoSuchAlgorithmException", "java.net.URI");

    private static JavaClasses main;

    @BeforeAll
    static void readTheClasses() {
        main = new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests())
                .withImportOption(location -> !location.contains("testkit"))
                .importPackages("io.holdfast");
    }

    @TestFactory
    Stream<DynamicTest> everyModuleSeesOnlyTheFloorsBelow() {
        return FLOORS.entrySet().stream().map(module -> DynamicTest.dynamicTest(module.getKey(), () -> {
            List<String> allowed = new ArrayList<>(List.of(tree(module.getKey())));
            module.getValue().forEach(below -> allowed.add(tree(below)));
            check(noClasses().that()
                    .resideInAPackage(tree(module.getKey()))
                    .should()
                    .dependOnClassesThat(
                            resideInAPackage("io.holdfast..")
                                    .and(not(resideInAnyPackage(allowed.toArray(String[]::new))))));
        }));
    }

    @Test
    void everyPackageBelongsToAModuleOfTheFloors() {
        String[] known = FLOORS.keySet().stream().map(ArchitectureTest::tree).toArray(String[]::new);
        for (JavaClass found : main) {
            assertFalse(not(resideInAnyPackage(known)).test(found),
                    () -> found.getName() + " is on no floor: add its module to FLOORS");
        }
    }

    @TestFactory
    Stream<DynamicTest> rootPackagesArePure() {
        return FLOORS.entrySet()
                .stream()
                .filter(module -> !module.getKey().equals("agent"))
                .map(module -> DynamicTest.dynamicTest(module.getKey(), () -> {
                    List<String> allowed = new ArrayList<>(JDK);
                    allowed.addAll(pure(module.getKey()));
                    module.getValue().forEach(below -> allowed.add(root(below)));
                    DescribedPredicate<JavaClass> pure = resideInAnyPackage(allowed.toArray(String[]::new));
                    check(noClasses().that()
                            .resideInAnyPackage(pure(module.getKey()).toArray(String[]::new))
                            .should()
                            .dependOnClassesThat(DescribedPredicate.describe("are neither pure nor of a floor below",
                                    type -> !pure.test(type) && !type.getBaseComponentType().isPrimitive()
                                            && !pure.test(type.getBaseComponentType())
                                            && !JDK_NAMES.contains(type.getName()))));
                }));
    }

    @Test
    void rootPackagesReadNoClockAndTouchNoProcess() {
        DescribedPredicate<JavaMethodCall> clock = DescribedPredicate.describe("a clock, a sleep or a process",
                call -> {
                    String target = call.getTargetOwner().getName() + "." + call.getName();
                    boolean asksTheTime = call.getName().equals("now") && target.startsWith("java.time.")
                            && call.getTarget().getRawParameterTypes().isEmpty();
                    return asksTheTime || target.equals("java.lang.System.nanoTime")
                            || target.equals("java.lang.System.currentTimeMillis")
                            || target.equals("java.lang.Thread.sleep")
                            || target.startsWith("java.lang.Process");
                });
        String[] pure = FLOORS.keySet()
                .stream()
                .filter(name -> !name.equals("agent"))
                .flatMap(name -> pure(name).stream())
                .toArray(String[]::new);
        // The twin of a port may ask for the time that its real adapter keeps.
        check(noClasses().that()
                .resideInAnyPackage(pure)
                .and()
                .haveSimpleNameNotStartingWith("MemoryStateStore")
                .should()
                .callMethodWhere(clock));
    }

    @Test
    void namesSayWhatAThingIs() {
        check(noClasses().should()
                .haveNameMatching(".*[.$](Abstract\\w*|\\w*(Manager|Utils?|Helper|Impl))"));
    }

    @Test
    void onlyTheAgentHasAMain() {
        check(methods().that().haveName("main").and().areStatic().should().beDeclaredIn("io.holdfast.agent.Main"));
    }

    @Test
    void nothingButTheTurnLoopRunsPeriodically() {
        DescribedPredicate<JavaMethodCall> periodic = DescribedPredicate.describe("a periodic timer",
                call -> call.getName().equals("setPeriodic") || call.getName().equals("scheduleAtFixedRate")
                        || call.getName().equals("scheduleWithFixedDelay"));
        check(noClasses().that().haveSimpleNameNotStartingWith("TurnLoop").should().callMethodWhere(periodic));
        check(noClasses().should()
                .dependOnClassesThat(resideInAPackage("java.util..").and(DescribedPredicate.describe(
                        "are a Timer", type -> type.getName().equals("java.util.Timer")))));
    }

    @Test
    void nothingWaitsOnABareThreadSleepOutsideIo() {
        check(noClasses().that()
                .resideOutsideOfPackages("..io..")
                .should()
                .callMethod(Thread.class, "sleep",
                        long.class));
    }

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(main);
    }

    /** A module's packages without effects. */
    private static List<String> pure(String module) {
        return module.equals("replication") ? List.of(root(module), root(module) + ".redis") : List.of(root(module));
    }

    private static String root(String module) {
        return "io.holdfast." + module;
    }

    private static String tree(String module) {
        return root(module) + "..";
    }
}
