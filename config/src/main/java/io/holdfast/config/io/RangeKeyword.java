package io.holdfast.config.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.AbstractKeyword;
import com.networknt.schema.BaseJsonValidator;
import com.networknt.schema.ErrorMessageType;
import com.networknt.schema.ExecutionContext;
import com.networknt.schema.JsonNodePath;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonValidator;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.ValidationContext;
import com.networknt.schema.ValidationMessage;
import java.util.Optional;
import java.util.Set;

/** {@code "x-range": ["1s", "10m"]}: the least and the greatest of a duration or a size, which JSON Schema has no word for. */
final class RangeKeyword extends AbstractKeyword {
    static final String NAME = "x-range";

    RangeKeyword() {
        super(NAME);
    }

    @Override
    public JsonValidator newValidator(SchemaLocation schemaLocation, JsonNodePath evaluationPath, JsonNode schemaNode,
            JsonSchema parentSchema, ValidationContext validationContext) {
        return new Validator(schemaLocation, evaluationPath, schemaNode, parentSchema, validationContext, this);
    }

    /** True when the text is of a form that has an amount and lies outside. */
    static boolean isOutside(String text, JsonNode range) {
        Optional<Long> amount = SchemaTree.amount(text);
        Optional<Long> least = SchemaTree.amount(range.path(0).asText());
        Optional<Long> greatest = SchemaTree.amount(range.path(1).asText());
        return amount.isPresent() && least.isPresent() && greatest.isPresent()
                && (amount.get() < least.get() || amount.get() > greatest.get());
    }

    private static final class Validator extends BaseJsonValidator {
        Validator(SchemaLocation schemaLocation, JsonNodePath evaluationPath, JsonNode schemaNode,
                JsonSchema parentSchema, ValidationContext validationContext, RangeKeyword keyword) {
            super(schemaLocation, evaluationPath, schemaNode, parentSchema, new OutOfRange(), keyword,
                    validationContext, false);
        }

        @Override
        public Set<ValidationMessage> validate(ExecutionContext executionContext, JsonNode node, JsonNode rootNode,
                JsonNodePath instanceLocation) {
            if (!node.isTextual() || !isOutside(node.asText(), getSchemaNode())) {
                return Set.of();
            }
            return Set.of(message().instanceNode(node)
                    .instanceLocation(instanceLocation)
                    .message("out of range")
                    .build());
        }
    }

    private static final class OutOfRange implements ErrorMessageType {
        @Override
        public String getErrorCode() {
            return NAME;
        }
    }
}
